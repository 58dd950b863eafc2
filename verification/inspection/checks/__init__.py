"""The checks of an inspection, one idea a file. The catalogue lists them."""
