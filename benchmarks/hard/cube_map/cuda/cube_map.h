#pragma once

// light[i] is the nearest texel of the cube map in direction (x, y, z) of directions + 3 * i. The map holds six faces of
// size x size texels, +x, -x, +y, -y, +z, -z. The axis of the direction's largest component names the face; on it,
//   +x: s = -z, t = -y    +y: s =  x, t =  z    +z: s =  x, t = -y
//   -x: s =  z, t = -y    -y: s =  x, t = -z    -z: s = -x, t = -y
// and the texel at column (s / m + 1) / 2 * size and row (t / m + 1) / 2 * size, both cut off, is the one, where m is the
// size of the largest component.
int look_up(const float *map, int size, const float *directions, int n, float *light);
