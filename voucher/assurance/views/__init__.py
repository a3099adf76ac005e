"""Pages of irregularities and of what is concentrated in few hands."""
