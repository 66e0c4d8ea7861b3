/* Cache-line placement. Two lines, because the spatial prefetcher of x86 pulls
 * them in pairs. */
#ifndef SRC_BASE_ALIGN_H
#define SRC_BASE_ALIGN_H

#define RV_CACHE_LINE 128

#define RV_ALIGNED(bytes) __attribute__((aligned(bytes)))
#define RV_OWN_LINE       RV_ALIGNED(RV_CACHE_LINE)

#endif
