// Run every entry of `kernels` with blocks of several sizes and print what each thread returned.
static int (*kernel)(int);
static int results[128];
static void thread() {
  results[self->index.x] = kernel(int(self->index.x * 37 % 23));
  self->done = true;
  swapcontext(&self->context, &scheduler);
}
static bool step(unsigned first) {
  unsigned last = first + width < block.size() ? first + width : unsigned(block.size());
  for (unsigned i = first; i < last; ++i) {
    Lane& l = block[i];
    if (!l.done && !l.place) { self = &l; swapcontext(&scheduler, &l.context); }
  }
  uintptr_t place = BLOCK_BARRIER;
  for (unsigned i = first; i < last; ++i) if (!block[i].done && block[i].place < place) place = block[i].place;
  if (place == BLOCK_BARRIER) return false;
  Together t = {};
  for (unsigned i = first; i < last; ++i)
    if (!block[i].done && block[i].place == place) { t.lanes |= uint64_t(1) << (i - first); t.value[i - first] = block[i].value; }
  for (unsigned i = first; i < last; ++i) if (t.lanes >> (i - first) & 1) { block[i].seen = t; block[i].place = 0; }
  return true;
}
static void run(unsigned threads) {
  blockDim.x = threads;
  block = std::vector<Lane>(threads);
  for (unsigned i = 0; i < threads; ++i) {
    Lane& l = block[i];
    l.stack.resize(65536); l.index.x = i; l.done = false; l.place = 0;
    getcontext(&l.context);
    l.context.uc_stack.ss_sp = l.stack.data(); l.context.uc_stack.ss_size = l.stack.size(); l.context.uc_link = nullptr;
    makecontext(&l.context, thread, 0);
  }
  for (bool left = true; left;) {
    for (unsigned first = 0; first < threads; first += width) while (step(first)) {}
    left = false;
    for (Lane& l : block) if (!l.done) { l.place = 0; left = true; }
  }
}
int main(int, char** arguments) {
  width = atoi(arguments[1]);
  for (auto& k : kernels) for (unsigned threads : BLOCKS) {
    kernel = k.function;
    run(threads);
    printf("%s %u", k.name, threads);
    for (unsigned i = 0; i < threads; ++i) printf(" %d", results[i]);
    printf("\n");
  }
}
