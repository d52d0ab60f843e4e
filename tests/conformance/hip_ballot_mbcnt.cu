// Point: ballots of a whole wavefront and mbcnt, as hand-written ports use them.
// Only: hip - AMD's builtins
// Rule: the ballot has a bit for each lane of the wavefront; mbcnt counts the bits of lanes below the caller's.
#include "check.h"

__global__ void width(int* out) { *out = __builtin_amdgcn_wavefrontsize(); }

__global__ void ranks(const int* in, unsigned long long* votes, int* rank, int* lane) {
    int t = threadIdx.x;
    unsigned long long vote = __builtin_amdgcn_ballot_w64(in[t] != 0);
    votes[t] = vote;
    rank[t] = __builtin_amdgcn_mbcnt_hi(unsigned(vote >> 32), __builtin_amdgcn_mbcnt_lo(unsigned(vote), 0));
    lane[t] = __lane_id();
    if (t % 2) votes[128 + t] = __builtin_amdgcn_ballot_w64(true);
}

int main() {
    Device<int> size(1);
    width<<<1, 1>>>(size);
    int wave = size.read()[0];
    const int n = 128;
    std::vector<int> values(n);
    for (int t = 0; t < n; t++) values[t] = t * 5 % 3 == 1;
    Device<int> in(values), rank(n), lane(n);
    Device<unsigned long long> votes(2 * n);
    ranks<<<1, n>>>(in, votes, rank, lane);
    std::vector<unsigned long long> want_votes(2 * n, 0);
    std::vector<int> want_rank(n, 0), want_lane(n);
    for (int t = 0; t < n; t++) {
        int first = t / wave * wave;
        want_lane[t] = t - first;
        for (int other = first; other < first + wave; other++) {
            if (values[other]) want_votes[t] |= 1ull << (other - first);
            if (values[other] && other < t) want_rank[t]++;
            if (t % 2 && other % 2) want_votes[n + t] |= 1ull << (other - first);
        }
    }
    expect_all("votes", votes.read(), want_votes);
    expect_all("ranks", rank.read(), want_rank);
    expect_all("lanes", lane.read(), want_lane);
    return finish();
}
