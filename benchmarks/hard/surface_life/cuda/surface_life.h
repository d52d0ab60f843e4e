#pragma once

// `generations` steps of Conway's game on a field of `height` rows of `width` cells, 1 for a living one, 0 for a dead
// one. Cells outside of the field are dead.
int live(unsigned char *cells, int width, int height, int generations);
