"""The site: lessons with players in them, guides, gallery and API, as pages that ask for nothing but each other."""
