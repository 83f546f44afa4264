"""How the offline model fills the arguments of each tool: one module for each, by rules."""
