// Fibers: stacks that are switched by hand, because a call of the C library's switch costs many times as much.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hw {

struct Context { void* sp = nullptr; };

// Continues where `to` stopped. What the compiler holds in registers it saves itself, because they are all clobbered;
// only rbp and rbx, which may be its frame and base pointers, are pushed. The red zone is stepped over.
__attribute__((always_inline)) inline void switch_to(Context& from, Context& to) {
    void* from_place = &from;
    void* to_place = &to;
    asm volatile(
        "leaq -128(%%rsp), %%rsp\n\t"
        "pushq %%rbp\n\t"
        "pushq %%rbx\n\t"
        "leaq 1f(%%rip), %%rax\n\t"
        "pushq %%rax\n\t"
        "movq %%rsp, (%%rdi)\n\t"
        "movq (%%rsi), %%rsp\n\t"
        "popq %%rax\n\t"
        "jmpq *%%rax\n\t"
        "1:\n\t"
        "popq %%rbx\n\t"
        "popq %%rbp\n\t"
        "leaq 128(%%rsp), %%rsp\n\t"
        : "+D"(from_place), "+S"(to_place)
        :
        : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1",
          "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
          "xmm15");
}

// Makes a context that begins with `entry` on the stack that ends at `top`. `entry` never returns.
inline Context prepare(unsigned char* top, void (*entry)()) {
    uintptr_t address = reinterpret_cast<uintptr_t>(top) & ~uintptr_t(15);
    void** stack = reinterpret_cast<void**>(address);
    *--stack = nullptr;                            // where a return address would stand: keeps calls aligned to 16
    *--stack = reinterpret_cast<void*>(entry);
    return Context{stack};
}

}  // namespace hw
