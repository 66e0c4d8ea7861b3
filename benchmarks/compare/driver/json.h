/* As much JSON as the comparison needs: finding numbers in the flat, one-line
 * objects of its own children, and writing strings. */
#ifndef BENCHMARKS_COMPARE_DRIVER_JSON_H
#define BENCHMARKS_COMPARE_DRIVER_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "benchmarks/compare/load/histogram.h"

/* The number behind "key": in text. False, and *value is 0, when there is
 * none. */
bool json_find_number(const char *text, const char *key, double *value);

/* Adds the array of [bucket, count] pairs behind "key":. False when there is
 * no such array. */
bool json_find_histogram(const char *text, const char *key,
                         struct histogram *histogram);

/* Writes a string with its quotes. */
void json_write_string(FILE *out, const char *text);

#endif
