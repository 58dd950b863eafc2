"""The way of taps through the web layer: what agents send while somebody stands at a reader."""
