"""Tech taster vouchers: issue, redeem, pay and account for every penny."""
