"""The registration authority: enrol, approve, personalise, issue, lifecycle."""
