#pragma once

// One instruction each of a chain. The flag is a local `cc` of the function around it, which a chain's first one sets.
#define add_cc(r, a, b) r = sum_of(a, b, 0, cc)
#define addc_cc(r, a, b) r = sum_of(a, b, cc, cc)
#define addc(r, a, b) r = (a) + (b) + cc
#define mad_lo_cc(r, a, b, c) r = sum_of((a) * (b), c, 0, cc)
#define madc_lo_cc(r, a, b, c) r = sum_of((a) * (b), c, cc, cc)
#define mad_hi_cc(r, a, b, c) r = sum_of(__umulhi(a, b), c, 0, cc)
#define madc_hi_cc(r, a, b, c) r = sum_of(__umulhi(a, b), c, cc, cc)
#define madc_hi(r, a, b, c) r = __umulhi(a, b) + (c) + cc

__device__ __forceinline__ unsigned sum_of(unsigned a, unsigned b, unsigned carry_in, unsigned &carry_out) {
  unsigned long long sum = (unsigned long long)a + b + carry_in;
  carry_out = (unsigned)(sum >> 32);
  return (unsigned)sum;
}
