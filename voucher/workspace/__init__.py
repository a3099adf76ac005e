"""Pages that show several domains at once: homes, dashboards, record pages. No rules, no tables."""
