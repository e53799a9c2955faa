"""Files from other machines over HTTP."""
