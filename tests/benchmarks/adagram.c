/* AdaGram one word at a time: equations 11 to 14 of Bartunov et al. 2016, with hierarchical softmax.
 *
 * A plain reference for tests/benchmarks/senses.py. Arrays are in C order:
 * in (v, K, d), out (v - 1, d), counts (v, K), nodes and codes (v, longest), code 1 or -1, 0 after the end of a path. */
#include <math.h>
#include <stdint.h>

#define MOST_SENSES 64
#define MOST_CONTEXT 64

static double digamma(double x) {
    double shift = 0;
    for (; x < 6; x += 1) shift -= 1 / x;
    double inverse = 1 / (x * x);
    return shift + log(x) - 0.5 / x - inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse / 252));
}

/* z_k = E[log pi_k] under Beta(1 + n_k, alpha + sum_{j > k} n_j). */
static void expected_log_prior(const float *n, int senses, double alpha, double *z) {
    double rest = 0, left = 0;
    for (int k = 0; k < senses; k++) rest += n[k];
    for (int k = 0; k < senses; k++) {
        if (k == senses - 1) { z[k] = left; break; }
        rest = rest > n[k] ? rest - n[k] : 0;
        double a = 1 + n[k], b = alpha + rest, both = digamma(a + b);
        z[k] = left + digamma(a) - both;
        left += digamma(b) - both;
    }
}

static float dot(const float *x, const float *y, int d) {
    float sum = 0;
    for (int i = 0; i < d; i++) sum += x[i] * y[i];
    return sum;
}

/* Adds log p(context | word, sense) to z, then normalises z to responsibilities. */
static void responsibilities(const float *in, const float *out, int d, int senses, const int32_t *nodes,
                             const int8_t *codes, int longest, const int32_t *context, int n, double *z) {
    for (int c = 0; c < n; c++) {
        const int32_t *node = nodes + (int64_t)context[c] * longest;
        const int8_t *code = codes + (int64_t)context[c] * longest;
        for (int j = 0; j < longest && code[j]; j++)
            for (int k = 0; k < senses; k++)
                z[k] -= log1pf(expf(-code[j] * dot(in + (int64_t)k * d, out + (int64_t)node[j] * d, d)));
    }
    double most = z[0], sum = 0;
    for (int k = 1; k < senses; k++) most = z[k] > most ? z[k] : most;
    for (int k = 0; k < senses; k++) sum += z[k] = exp(z[k] - most);
    for (int k = 0; k < senses; k++) z[k] /= sum;
}

static int window_of(const int32_t *ids, int64_t tokens, int64_t i, int window, int32_t *context) {
    int n = 0;
    for (int64_t j = i - 1; j >= 0 && j >= i - window && ids[j] >= 0; j--) context[n++] = ids[j];
    for (int64_t j = i + 1; j < tokens && j <= i + window && ids[j] >= 0; j++) context[n++] = ids[j];
    return n;
}

/* Trains on ids (-1 ends a sentence); the rate falls in proportion to the words that are done, out of total. */
void train(const int32_t *ids, int64_t tokens, float *in, float *out, float *counts, const float *frequency,
           const int32_t *nodes, const int8_t *codes, int longest, int d, int senses, double alpha, int window,
           double rate, double done, double total, double threshold) {
    double z[MOST_SENSES];
    float to_in[1024], to_out[1024];
    int32_t context[MOST_CONTEXT];
    for (int64_t i = 0; i < tokens; i++) {
        if (ids[i] < 0) continue;
        int64_t w = ids[i];
        double share = 1 - done++ / (total + 1);
        float lr = rate * (share > 1e-4 ? share : 1e-4);
        float *own = in + w * senses * d, *n = counts + w * senses;
        int size = window_of(ids, tokens, i, window, context);
        expected_log_prior(n, senses, alpha, z);
        responsibilities(own, out, d, senses, nodes, codes, longest, context, size, z);
        for (int c = 0; c < size; c++)
            for (int k = 0; k < senses; k++) {
                if (z[k] < threshold) continue;
                float *x = own + (int64_t)k * d;
                const int32_t *node = nodes + (int64_t)context[c] * longest;
                const int8_t *code = codes + (int64_t)context[c] * longest;
                for (int e = 0; e < d; e++) to_in[e] = 0;
                for (int j = 0; j < longest && code[j]; j++) {
                    float *y = out + (int64_t)node[j] * d;
                    float g = lr * z[k] * code[j] / (1 + expf(code[j] * dot(x, y, d)));
                    for (int e = 0; e < d; e++) {
                        to_in[e] += g * y[e];
                        to_out[e] = g * x[e];
                    }
                    for (int e = 0; e < d; e++) y[e] += to_out[e];
                }
                for (int e = 0; e < d; e++) x[e] += to_in[e];
            }
        for (int k = 0; k < senses; k++) n[k] += lr * (z[k] * frequency[w] - n[k]);
    }
}

/* For tokens at the given places: responsibilities (m, K), and log sum_k pi_k p(context | k) with prior (v, K). */
void disambiguate(const int32_t *ids, int64_t tokens, const int64_t *places, int64_t m, const float *in,
                  const float *out, const float *log_prior, const int32_t *nodes, const int8_t *codes, int longest, int d,
                  int senses, int window, float *found, double *likelihood, int32_t *sizes) {
    double z[MOST_SENSES];
    int32_t context[MOST_CONTEXT];
    for (int64_t i = 0; i < m; i++) {
        int64_t w = ids[places[i]];
        int size = window_of(ids, tokens, places[i], window, context);
        double most = -1e300, sum = 0;
        for (int k = 0; k < senses; k++) {
            z[k] = log_prior[w * senses + k];
            for (int c = 0; c < size; c++) {
                const int32_t *node = nodes + (int64_t)context[c] * longest;
                const int8_t *code = codes + (int64_t)context[c] * longest;
                for (int j = 0; j < longest && code[j]; j++)
                    z[k] -= log1pf(expf(-code[j] * dot(in + (w * senses + k) * d, out + (int64_t)node[j] * d, d)));
            }
            most = z[k] > most ? z[k] : most;
        }
        for (int k = 0; k < senses; k++) sum += exp(z[k] - most);
        for (int k = 0; k < senses; k++) found[i * senses + k] = exp(z[k] - most) / sum;
        likelihood[i] = most + log(sum);
        sizes[i] = size;
    }
}
