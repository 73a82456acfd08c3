# Functions of libc by private names (imports.rs). `IMPORT write` makes `__wrap_write`, which goes on to
# wherever its slot leads: first to `longshore_import`, which has libc's `write` looked up and put into the
# slot. A slot is two words: where to go on, and the name. r11 belongs to nobody where a function begins.

.macro IMPORT name
    .section .rodata.__wrap_\name, "a", @progbits
8:  .asciz "\name"
    .section .data.__wrap_\name, "aw", @progbits
    .balign 8
9:  .quad longshore_import
    .quad 8b
    .section .text.__wrap_\name, "ax", @progbits
    .globl __wrap_\name
    .hidden __wrap_\name
    .type __wrap_\name, @function
__wrap_\name:
    .cfi_startproc
    lea r11, [rip + 9b]
    jmp [r11]
    .cfi_endproc
    .size __wrap_\name, . - __wrap_\name
.endm

    .section .text.longshore_import, "ax", @progbits
    .type longshore_import, @function
longshore_import:
    .cfi_startproc
    endbr64
    push rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov rbp, rsp
    .cfi_def_cfa_register rbp
    # What the arguments of a C function are in, the number of vector registers among them.
    push rax
    push rdi
    push rsi
    push rdx
    push rcx
    push r8
    push r9
    push r10
    sub rsp, 128
    movups [rsp], xmm0
    movups [rsp + 16], xmm1
    movups [rsp + 32], xmm2
    movups [rsp + 48], xmm3
    movups [rsp + 64], xmm4
    movups [rsp + 80], xmm5
    movups [rsp + 96], xmm6
    movups [rsp + 112], xmm7
    mov rdi, r11
    call {bind}
    mov r11, rax
    movups xmm0, [rsp]
    movups xmm1, [rsp + 16]
    movups xmm2, [rsp + 32]
    movups xmm3, [rsp + 48]
    movups xmm4, [rsp + 64]
    movups xmm5, [rsp + 80]
    movups xmm6, [rsp + 96]
    movups xmm7, [rsp + 112]
    add rsp, 128
    pop r10
    pop r9
    pop r8
    pop rcx
    pop rdx
    pop rsi
    pop rdi
    pop rax
    pop rbp
    .cfi_def_cfa rsp, 8
    jmp r11
    .cfi_endproc
    .size longshore_import, . - longshore_import

