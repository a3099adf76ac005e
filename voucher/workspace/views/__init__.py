"""Pages that show several domains: people with their roles, who can do what, any record with its history."""
