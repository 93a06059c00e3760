"""Graphs and steps as pictures: SVG, PNG, PDF by Graphviz, GIF by Pillow."""
