"""Parts of the wiring, each by what it fits together; ``web.bootstrap`` joins them."""
