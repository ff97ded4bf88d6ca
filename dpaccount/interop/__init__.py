"""The way to other tools: what Opacus recorded, and other accountants on the same run."""
