"""The pretend model: it quotes what it is given, proposes what is plainly asked for, and plays the roles of a room."""
