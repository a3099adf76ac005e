"""A first demo scheme, made by the product's own commands and nothing else."""
