"""The self-service kiosk: a page in a browser on the same machine, led by the agent.

``machine`` decides what is on the screen, without clock, card or network; ``document`` says it in
two languages; ``part`` fits it to readers and service; ``page_api`` gives it to the browser.
"""
