#pragma once

// label[v] is the least vertex that vertex v is connected with. Edge e joins from[e] and to[e], in both directions.
// `rounds` gets the number of steps that were made, of which the last changed nothing.
int components(const int *from, const int *to, int edges, int vertices, int *label, int *rounds);
