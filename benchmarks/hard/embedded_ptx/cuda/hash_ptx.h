#pragma once

// Made once by hand; see hash_rows for what it computes.
static const char hash_ptx[] = R"(
.version 6.0
.target sm_50
.address_size 64

.visible .entry hash_rows_kernel(
  .param .u64 rows_,
  .param .u32 words_,
  .param .u32 seed_,
  .param .u64 hashes_,
  .param .u32 n_
)
{
  .reg .pred %p<4>;
  .reg .b32 %r<20>;
  .reg .b64 %rd<10>;

  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mad.lo.u32 %r4, %r1, %r2, %r3;
  ld.param.u32 %r5, [n_];
  setp.ge.s32 %p1, %r4, %r5;
  @%p1 bra done;

  ld.param.u64 %rd1, [rows_];
  cvta.to.global.u64 %rd1, %rd1;
  ld.param.u32 %r6, [words_];
  mul.lo.u32 %r7, %r4, %r6;
  mul.wide.u32 %rd2, %r7, 4;
  add.u64 %rd3, %rd1, %rd2;
  ld.param.u32 %r8, [seed_];

loop:
  setp.eq.s32 %p2, %r6, 0;
  @%p2 bra last;
  ld.global.u32 %r9, [%rd3];
  xor.b32 %r10, %r8, %r9;
  mul.lo.u32 %r11, %r10, 0x9E3779B1;
  shf.l.wrap.b32 %r12, %r11, %r11, 13;
  add.u32 %r8, %r12, 0x85EBCA77;
  add.u64 %rd3, %rd3, 4;
  sub.u32 %r6, %r6, 1;
  bra loop;

last:
  mul.hi.u32 %r13, %r8, 0xC2B2AE3D;
  xor.b32 %r14, %r13, %r8;
  ld.param.u64 %rd4, [hashes_];
  cvta.to.global.u64 %rd4, %rd4;
  mul.wide.u32 %rd5, %r4, 4;
  add.u64 %rd6, %rd4, %rd5;
  st.global.u32 [%rd6], %r14;

done:
  ret;
}
)";
