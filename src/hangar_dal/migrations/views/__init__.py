"""A schema as people look at it: as text, as a Mermaid diagram, as an SVG picture. Stands above `schema` alone."""
