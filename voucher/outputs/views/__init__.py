"""The pages of indicators and of what counts towards them."""
