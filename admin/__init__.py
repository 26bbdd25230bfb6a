"""The account team's web interface: a plugin with wider rights, which the engine never imports. It comes later."""
