/* Judges raw frames with an exported model: ./judge FRAME.rgb [EXPECTED.f32 [TOLERANCE]]
 * A frame is MODEL_HEIGHT x MODEL_WIDTH x 3 bytes: red, green, blue, row by row, from the top left.
 * With a file of expected answers (float32, little-endian) it ends with status 1 where they differ. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__has_include) && __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define ORT_ARENA_ALLOCATOR OrtArenaAllocator
#define ORT_MEMORY_DEFAULT OrtMemTypeDefault
#else
#include "ort_small.h"
#endif
#include "model.h"

static const OrtApi *ort;
static unsigned char frame[MODEL_HEIGHT * MODEL_WIDTH * 3];
static float expected[MODEL_ANSWERS];

static void need(OrtStatus *status) {
  if (status == NULL) return;
  fprintf(stderr, "onnxruntime: %s\n", ort->GetErrorMessage(status));
  exit(2);
}

static void read_all(const char *path, void *into, size_t bytes) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fread(into, 1, bytes, file) != bytes || fgetc(file) != EOF) {
    fprintf(stderr, "%s: is not there or does not hold %zu bytes\n", path, bytes);
    exit(2);
  }
  fclose(file);
}

int main(int count, char **arguments) {
  if (count < 2) return fprintf(stderr, "usage: judge FRAME.rgb [EXPECTED.f32 [TOLERANCE]]\n"), 2;
  ort = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (ort == NULL) return fprintf(stderr, "onnxruntime %s is too old\n", OrtGetApiBase()->GetVersionString()), 2;
  OrtEnv *env;
  OrtSessionOptions *options;
  OrtSession *session;
  OrtMemoryInfo *memory;
  OrtValue *image, *outputs[MODEL_OUTPUTS] = {NULL};
  const int64_t shape[] = {1, MODEL_HEIGHT, MODEL_WIDTH, 3};
  const char *inputs[] = {"image"};
  read_all(arguments[1], frame, sizeof frame);
  need(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "judge", &env));
  need(ort->CreateSessionOptions(&options));
  need(ort->SetIntraOpNumThreads(options, 1));
  need(ort->CreateSession(env, "model.onnx", options, &session));
  need(ort->CreateCpuMemoryInfo(ORT_ARENA_ALLOCATOR, ORT_MEMORY_DEFAULT, &memory));
  need(ort->CreateTensorWithDataAsOrtValue(memory, frame, sizeof frame, shape, 4,
                                           ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, &image));
  need(ort->Run(session, NULL, inputs, (const OrtValue *const *)&image, 1, MODEL_OUTPUT_NAMES, MODEL_OUTPUTS, outputs));
  float *probabilities, difference = 0, allowed = count > 3 ? strtof(arguments[3], NULL) : MODEL_TOLERANCE;
  if (count > 2) read_all(arguments[2], expected, sizeof expected);
  for (int output = 0, at = 0; output < MODEL_OUTPUTS; output++) {
    float *said;
    need(ort->GetTensorMutableData(outputs[output], (void **)&said));
    for (int i = 0; i < MODEL_OUTPUT_SIZES[output]; i++, at++) {
      float off = fabsf(said[i] - expected[at]);
      if (!(off <= difference)) difference = isnan(off) ? INFINITY : off;
      printf("%.9g %s\n", said[i], MODEL_NAMES[at]);
    }
  }
  need(ort->GetTensorMutableData(outputs[0], (void **)&probabilities));
  for (int i = 0; i < MODEL_POINTS; i++) {
    const model_point *point = &MODEL_POINT[i];
    float sum = 0;
    for (int j = 0; j < point->count; j++) sum += probabilities[point->first + j];
    printf("%s: %s\n", point->name, sum >= point->threshold ? "reached" : "not reached");
  }
  for (int i = 0; i < MODEL_OUTPUTS; i++) ort->ReleaseValue(outputs[i]); /* once a frame; the rest lives on */
  if (count < 3) return 0;
  printf("largest difference %.3g, allowed %g\n", difference, allowed);
  return difference <= allowed ? 0 : 1;
}
