# Functions of libc by private names (imports.rs). `IMPORT write` makes `__wrap_write`, which goes on to
# wherever its slot leads: first to `longshore_import`, which has libc's `write` looked up and put into the
# slot. A slot is two words: where to go on, and the name. x16 and x17 belong to nobody where a function
# begins.

.macro IMPORT name
    .section .rodata.__wrap_\name, "a", @progbits
8:  .asciz "\name"
    .section .data.__wrap_\name, "aw", @progbits
    .balign 8
9:  .xword longshore_import
    .xword 8b
    .section .text.__wrap_\name, "ax", @progbits
    .balign 4
    .globl __wrap_\name
    .hidden __wrap_\name
    .type __wrap_\name, @function
__wrap_\name:
    .cfi_startproc
    adrp x16, 9b
    add x16, x16, :lo12:9b
    ldr x17, [x16]
    br x17
    .cfi_endproc
    .size __wrap_\name, . - __wrap_\name
.endm

    .section .text.longshore_import, "ax", @progbits
    .balign 4
    .type longshore_import, @function
longshore_import:
    .cfi_startproc
    hint #34 // bti c
    stp x29, x30, [sp, #-224]!
    .cfi_def_cfa_offset 224
    .cfi_offset x29, -224
    .cfi_offset x30, -216
    mov x29, sp
    // What the arguments of a C function are in, the place of a structure's result among them.
    stp x0, x1, [sp, #16]
    stp x2, x3, [sp, #32]
    stp x4, x5, [sp, #48]
    stp x6, x7, [sp, #64]
    str x8, [sp, #80]
    stp q0, q1, [sp, #96]
    stp q2, q3, [sp, #128]
    stp q4, q5, [sp, #160]
    stp q6, q7, [sp, #192]
    mov x0, x16
    bl {bind}
    mov x16, x0
    ldp x0, x1, [sp, #16]
    ldp x2, x3, [sp, #32]
    ldp x4, x5, [sp, #48]
    ldp x6, x7, [sp, #64]
    ldr x8, [sp, #80]
    ldp q0, q1, [sp, #96]
    ldp q2, q3, [sp, #128]
    ldp q4, q5, [sp, #160]
    ldp q6, q7, [sp, #192]
    ldp x29, x30, [sp], #224
    .cfi_def_cfa_offset 0
    .cfi_restore x29
    .cfi_restore x30
    br x16
    .cfi_endproc
    .size longshore_import, . - longshore_import

