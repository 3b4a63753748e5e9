#ifndef PLIMSOLL_H
#define PLIMSOLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The version of this ABI. 0 is not frozen.
#define PLIMSOLL_ABI_VERSION 0

// An input is JSON.
#define PLIMSOLL_JSON 0

// An input is YAML.
#define PLIMSOLL_YAML 1

// An input is JSON that is well-formed by the host's word.
#define PLIMSOLL_TRUSTED_JSON 2

// What a call came to.
typedef enum {
  // It is done.
  PLIMSOLL_STATUS_OK = 0,
  // A handle is NULL, or of another kind.
  PLIMSOLL_STATUS_HANDLE = 1,
  // A pointer is NULL where bytes must be, a length is too great, a text is not UTF-8, or JSON is none.
  PLIMSOLL_STATUS_ARGUMENT = 2,
  // A bundle, settings, an input or policies are refused.
  PLIMSOLL_STATUS_REFUSED = 3,
  // Another thread (or the caller of a function of the host) uses the handle.
  PLIMSOLL_STATUS_BUSY = 4,
  // The library has an error of its own; what was in use is not to be used any more.
  PLIMSOLL_STATUS_PANIC = 5,
} plimsoll_status;

// Where a function of the host puts its answer; good during its call alone.
typedef struct plimsoll_answer plimsoll_answer;

// An engine in the making. One thread at a time.
typedef struct plimsoll_builder plimsoll_builder;

// What came of an input. Any number of threads.
typedef struct plimsoll_decision plimsoll_decision;

// Policies with all that they are told. Any number of threads.
typedef struct plimsoll_engine plimsoll_engine;

// Why a call failed. Any number of threads.
typedef struct plimsoll_error plimsoll_error;

// A thread's scratch. One thread at a time.
typedef struct plimsoll_evaluator plimsoll_evaluator;

// Objects that policies join with. Any number of threads.
typedef struct plimsoll_inventory plimsoll_inventory;

// A function of the host: `args` is a JSON list. It gives 0 and writes JSON to `answer`, or gives something else and writes why, in
// words. Threads call it at the same time, and equal arguments must give equal answers. It must not throw.
typedef int32_t (*plimsoll_function)(void *user, const uint8_t *args, size_t args_len, plimsoll_answer *answer);

// What is called with the `user` of a function that nothing can call any more. It must not throw.
typedef void (*plimsoll_drop)(void *user);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Adds bytes to an answer.
//
// # Safety
// `answer` is NULL or what the function of the host was called with, in that call; so many bytes can be read at `data`.
plimsoll_status plimsoll_answer_write(plimsoll_answer *answer, const uint8_t *data, size_t len);

// The version of the ABI; this library's is to equal `PLIMSOLL_ABI_VERSION` of the header.
uint32_t plimsoll_abi_version(void);

// Makes a builder.
//
// # Safety
// `out` and `error` are NULL or can be written.
plimsoll_status plimsoll_builder_new(plimsoll_builder **out, plimsoll_error **error);

// Adds a compiled bundle (`.plb`). The bytes are copied; they are verified when the engine is built.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_builder_bundle(plimsoll_builder *builder,
                                        const uint8_t *data,
                                        size_t len,
                                        plimsoll_error **error);

// Adds policies by path: a folder, a `.plim` file, a `.plb`, or `owasp`, the built-in ones. They are read when the engine is built.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_builder_path(plimsoll_builder *builder,
                                      const uint8_t *path,
                                      size_t path_len,
                                      plimsoll_error **error);

// Adds settings, a JSON object. What is refused leaves the builder as it was.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_builder_settings(plimsoll_builder *builder,
                                          const uint8_t *json,
                                          size_t json_len,
                                          plimsoll_error **error);

// Adds a function of the host for an `extern fn`. `drop` (or NULL) is called once with `user` when nothing can call the function any more; if this call fails, it is not called.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_builder_function(plimsoll_builder *builder,
                                          const uint8_t *name,
                                          size_t name_len,
                                          plimsoll_function function,
                                          void *user,
                                          plimsoll_drop drop,
                                          plimsoll_error **error);

// Builds an engine. The builder stays as it is.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_builder_build(const plimsoll_builder *builder,
                                       plimsoll_engine **out,
                                       plimsoll_error **error);

// A second handle of an engine, for an owner of its own.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_engine_share(const plimsoll_engine *engine,
                                      plimsoll_engine **out,
                                      plimsoll_error **error);

// Makes an evaluator. It may outlive the handle of its engine.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_evaluator_new(const plimsoll_engine *engine,
                                       plimsoll_evaluator **out,
                                       plimsoll_error **error);

// Makes an empty inventory. It may outlive the handle of its engine.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_new(const plimsoll_engine *engine,
                                       plimsoll_inventory **out,
                                       plimsoll_error **error);

// Adds the objects of an input in the place of those of the same identities. If it cannot be read, nothing is added.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_insert(plimsoll_inventory *inventory,
                                          uint32_t format,
                                          const uint8_t *data,
                                          size_t len,
                                          const uint8_t *name,
                                          size_t name_len,
                                          plimsoll_error **error);

// Puts the objects of an input in the place of all. No bytes are no object.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_replace(plimsoll_inventory *inventory,
                                           uint32_t format,
                                           const uint8_t *data,
                                           size_t len,
                                           const uint8_t *name,
                                           size_t name_len,
                                           plimsoll_error **error);

// Takes out the objects of an identity, `{ "group", "kind", "namespace", "name" }`; `found` (or NULL) is whether there was one.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_remove(plimsoll_inventory *inventory,
                                          const uint8_t *identity,
                                          size_t identity_len,
                                          bool *found,
                                          plimsoll_error **error);

// Says that every object of every kind is in.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_complete(plimsoll_inventory *inventory,
                                            plimsoll_error **error);

// How many objects there are.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_inventory_len(const plimsoll_inventory *inventory,
                                       size_t *out,
                                       plimsoll_error **error);

// Judges an input: objects or an admission request, by its shape. `inventory` may be NULL. An input that is refused is a decision that does not allow.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_evaluator_decide(plimsoll_evaluator *evaluator,
                                          const plimsoll_inventory *inventory,
                                          uint32_t format,
                                          const uint8_t *data,
                                          size_t len,
                                          const uint8_t *name,
                                          size_t name_len,
                                          plimsoll_decision **out,
                                          plimsoll_error **error);

// Judges an inventory as a whole: the policies on the cluster.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_evaluator_decide_cluster(plimsoll_evaluator *evaluator,
                                                  const plimsoll_inventory *inventory,
                                                  plimsoll_decision **out,
                                                  plimsoll_error **error);

// Whether the input is allowed.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_decision_allowed(const plimsoll_decision *decision,
                                          bool *out,
                                          plimsoll_error **error);

// The Decision JSON. It is the decision's, until that is freed; there is no NUL behind it.
//
// # Safety
// Handles are NULL or live ones of this library; pointers are NULL or readable (out-parameters: writable) for their lengths.
plimsoll_status plimsoll_decision_json(const plimsoll_decision *decision,
                                       const uint8_t **data,
                                       size_t *len,
                                       plimsoll_error **error);

// What an error says: its status, code (no bytes if it has none) and message. They are the error's, until that is freed.
// Out-parameters may be NULL.
//
// # Safety
// The handle is NULL or a live one of this library; out-parameters are NULL or can be written.
plimsoll_status plimsoll_error_get(const plimsoll_error *error,
                                   const uint8_t **code,
                                   size_t *code_len,
                                   const uint8_t **message,
                                   size_t *message_len);

// Frees a builder; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_builder_free(plimsoll_builder *builder);

// Frees an engine; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_engine_free(plimsoll_engine *engine);

// Frees an evaluator; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_evaluator_free(plimsoll_evaluator *evaluator);

// Frees an inventory; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_inventory_free(plimsoll_inventory *inventory);

// Frees a decision; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_decision_free(plimsoll_decision *decision);

// Frees an error; NULL is none.
//
// # Safety
// The handle is NULL or a live one of this library, and nobody uses it now or later.
plimsoll_status plimsoll_error_free(plimsoll_error *error);

// Adds bytes to an answer.
//
// # Safety
// `answer` is NULL or what the function of the host was called with, in that call; so many bytes can be read at `data`.
plimsoll_status plimsoll_answer_write(plimsoll_answer *answer, const uint8_t *data, size_t len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PLIMSOLL_H */
