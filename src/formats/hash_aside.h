/* hash_aside.h: SHA-256 of a safetensors file's elements, on a thread of its own while the file is read. */
#ifndef OC_FORMATS_HASH_ASIDE_H
#define OC_FORMATS_HASH_ASIDE_H
#include <stddef.h>

typedef struct oc_hash_aside oc_hash_aside;
/* NULL when there is no memory. Small files get no thread. */
oc_hash_aside *oc_hash_aside_create(void);
/* As oc_file_watch says; all bytes of the file, from its first on. */
void oc_hash_aside_tell(void *hash, const unsigned char *bytes, size_t have);
/* When all has been told: waits for the hash, 64 hex digits and a closing 0. */
void oc_hash_aside_hex(oc_hash_aside *hash, char hex[65]);
/* Stops it where it is. NULL is fine. Before the bytes go. */
void oc_hash_aside_free(oc_hash_aside *hash);

#endif
