"""Show a schema as text, as a Mermaid diagram or as an SVG picture."""
