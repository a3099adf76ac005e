"""The pages of samples: drawn, looked into and concluded by auditors, read by whoever reads statements."""
