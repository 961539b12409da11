"""How each language writes dates and times; Django finds the modules by the language's name."""
