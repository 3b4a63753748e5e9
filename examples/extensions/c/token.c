/* An extension for Plimsoll, in C without a library: is a text a token of GitHub?
 *
 * Such a token (`ghp_` and 36 characters) ends with its own checksum: the CRC-32 of the 30 characters before, in six digits
 * to the base 62. A text that only looks like one is not reported, and one that is real is no false alarm. The module
 * implements `extern fn is_github_token(text: string) -> bool`.
 *
 * Build: clang --target=wasm32 -Oz -nostdlib -Wall -Wextra -Wl,--no-entry -Wl,--strip-all -o token.wasm token.c
 */

#define EXPORT(name) __attribute__((export_name(name)))

typedef unsigned char byte;
typedef unsigned int u32;
typedef unsigned long long u64;

/* The version of the extension ABI. */
EXPORT("plimsoll_abi") int abi(void) { return 1; }

/* Memory for arguments: what lies behind the module's own data, grown as it is needed. Each call has an instance of its
 * own, so nothing is ever given back. */
extern byte __heap_base;

EXPORT("plimsoll_alloc") byte *alloc(u32 length) {
    static u32 next;
    if (next == 0)
        next = (u32)&__heap_base;
    u32 at = next;
    u32 end = at + length;
    u32 have = (u32)__builtin_wasm_memory_size(0) << 16;
    if (end < at || (end > have && __builtin_wasm_memory_grow(0, (end - have + 0xffff) >> 16) == (u32)-1))
        __builtin_trap();
    next = end;
    return (byte *)at;
}

/* Address and length of a result, in one number. */
#define RESULT(text) (((u64)(u32)(text) << 32) | (sizeof(text) - 1))

static const char YES[] = "{\"ok\":true}";
static const char NO[] = "{\"ok\":false}";
static const char WRONG[] = "{\"error\":\"is_github_token takes one text\"}";

static u32 crc32(const byte *text, u32 length) {
    u32 crc = ~0u;
    for (u32 i = 0; i < length; i++) {
        crc ^= text[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static int digit(byte c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 36;
    return -1;
}

static int is_token(const byte *text, u32 length) {
    static const char prefix[] = "gh?_";
    if (length != 40)
        return 0;
    for (u32 i = 0; i < 4; i++)
        if (prefix[i] != '?' && text[i] != prefix[i])
            return 0;
    if (text[2] != 'p' && text[2] != 'o' && text[2] != 'u' && text[2] != 's' && text[2] != 'r')
        return 0;
    u64 checksum = 0;
    for (u32 i = 4; i < 40; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return 0;
        if (i >= 34)
            checksum = checksum * 62 + (u64)value;
    }
    return checksum == crc32(text + 4, 30);
}

/* The arguments are a JSON array of one text: `["…"]`. A token has no character that JSON escapes, so a text with a
 * backslash is none, and nothing needs to be decoded. */
EXPORT("is_github_token") u64 is_github_token(const byte *json, u32 length) {
    if (length < 4 || json[0] != '[' || json[1] != '"' || json[length - 2] != '"' || json[length - 1] != ']')
        return RESULT(WRONG);
    return is_token(json + 2, length - 4) ? RESULT(YES) : RESULT(NO);
}
