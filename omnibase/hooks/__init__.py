"""Plugins: what they may implement, how they declare components, how they are found."""
