"""The pages of a firm: it applies, shows its insurance, lists packages, and looks after people and bank details."""
