"""Personal data: what is kept why and how long, requests of the people it is about, erasure."""
