"""A schema as people look at it: as text, as a Mermaid diagram, as an SVG picture. Builds on `schema` alone."""
