"""How a graph is computed with: propagation, scores of pairs, and sampling of neighbours, links and negatives."""
