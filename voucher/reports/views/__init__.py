"""The pages of statements: prepare, review, sign and send for the scheme's people; read and download for funders."""
