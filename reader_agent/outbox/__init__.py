"""Every event of an agent, kept on its disk until the service has it: once and in order."""
