/* The part of ONNX Runtime's C interface that main.c needs, for machines without its header.
 *
 * OrtApi is a table of functions. Its order is a promise of ONNX Runtime: functions are only ever added at the
 * end, and a library hands out the table of any older version that is asked for. So each function is named by
 * its place in the table of version 1, and main.c runs against every library since ONNX Runtime 1.0.
 * Where the official onnxruntime_c_api.h is installed, main.c takes that one instead. */
#ifndef ORT_SMALL_H
#define ORT_SMALL_H
#include <stddef.h>
#include <stdint.h>

#define ORT_API_VERSION 1
#define ORT_LOGGING_LEVEL_ERROR 3
#define ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 2
#define ORT_ARENA_ALLOCATOR 1
#define ORT_MEMORY_DEFAULT 0

typedef struct OrtStatus OrtStatus; /* NULL where all went well */
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef void OrtUnused(void);

typedef struct OrtApi {
  OrtUnused *before_message[2]; /* places 0 and 1 */
  const char *(*GetErrorMessage)(const OrtStatus *);
  OrtStatus *(*CreateEnv)(int level, const char *name, OrtEnv **out);
  OrtUnused *before_session[3]; /* 4 to 6 */
  OrtStatus *(*CreateSession)(const OrtEnv *, const char *path, const OrtSessionOptions *, OrtSession **out);
  OrtUnused *before_run[1]; /* 8 */
  OrtStatus *(*Run)(OrtSession *, const OrtRunOptions *, const char *const *input_names,
                    const OrtValue *const *inputs, size_t inputs_count, const char *const *output_names,
                    size_t outputs_count, OrtValue **outputs);
  OrtStatus *(*CreateSessionOptions)(OrtSessionOptions **out);
  OrtUnused *before_threads[13]; /* 11 to 23 */
  OrtStatus *(*SetIntraOpNumThreads)(OrtSessionOptions *, int threads);
  OrtUnused *before_tensor[24]; /* 25 to 48 */
  OrtStatus *(*CreateTensorWithDataAsOrtValue)(const OrtMemoryInfo *, void *data, size_t bytes,
                                               const int64_t *shape, size_t dimensions, int type,
                                               OrtValue **out);
  OrtUnused *before_data[1]; /* 50 */
  OrtStatus *(*GetTensorMutableData)(OrtValue *, void **out);
  OrtUnused *before_memory[17]; /* 52 to 68 */
  OrtStatus *(*CreateCpuMemoryInfo)(int allocator, int memory, OrtMemoryInfo **out);
  OrtUnused *before_release[26]; /* 70 to 95 */
  void (*ReleaseValue)(OrtValue *); /* 96 */
} OrtApi;

typedef struct OrtApiBase {
  const OrtApi *(*GetApi)(uint32_t version); /* NULL where the library is older */
  const char *(*GetVersionString)(void);
} OrtApiBase;

const OrtApiBase *OrtGetApiBase(void); /* the library's one entry point */
#endif
