#pragma once

// Compresses n words in blocks of 32, the last of which may be shorter. A block whose words are all equal becomes the
// two words 1, value; any other becomes 0 and its words. Blocks follow one another in `out`, which has room for
// n + (n + 31) / 32 + 1 words. Returns how many words were written, or -1 on failure.
int compress(const unsigned *in, int n, unsigned *out);
