#pragma once

// Breadth-first search over a graph in CSR form: neighbours of v are edges[starts[v]] .. edges[starts[v + 1] - 1].
// depth[v] becomes the number of edges on a shortest path from `source`, or -1 where there is none.
// Returns the number of levels (1 + the largest depth), or a negative number on failure.
int levels(const int* starts, const int* edges, int vertices, int source, int* depth);
