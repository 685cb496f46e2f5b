// Where models and figures go, and what is rarer in training.
extension FrameworkNames {
  static let files = [
    Row(
      "everything in one file", "saving.save_model", "TorchScript",
      "Archive(model, preprocessing: .digit).save(to: url)"),
    Row("for other programs", "Model.export, tf2onnx", "onnx.export", "ONNX.export(model, to: url)"),
    Row("from other programs", "onnx2keras", "onnx.load", "ONNX.load(url)"),
    Row("weights by name", "", "safetensors.torch.load_file", "Safetensors.read(url)"),
    Row("weights of Keras", "h5py.File", "", "model.loadKeras(from: url)"),
    Row("an array", "np.load, np.save", "from_numpy", "NPY.read(url)"),
    Row("several arrays", "np.savez", "", "NPZ.read(url)"),
    Row("curves", "plot_history, plt.plot", "", "history.figure()"),
    Row("matrix as a picture", "ConfusionMatrixDisplay, heatmap", "", "matrix.figure()"),
    Row("curve of hits", "RocCurveDisplay", "", "ROCCurve(labels: labels, scores: scores).figure()"),
    Row("TensorBoard", "callbacks.TensorBoard", "SummaryWriter", "TensorBoard(folder: url)"),
    Row("where the time goes", "", "profiler.profile", #"Device.named("opencl:0", recordingInto: profile)"#),
  ]

  static let rarer = [
    Row("important samples", "sample_weight", "", "data.weighted(by: sampleWeights)"),
    Row("batches as they come", "steps_per_epoch, from_generator, PyDataset", "IterableDataset", "trainer.fit(stream)"),
    Row("batches made ahead", "prefetch", "num_workers, pin_memory", "stream.prefetched()"),
    Row(
      "several batches, one update", "gradient_accumulation_steps", "no_sync", "trainer.fit(data, batchesPerUpdate: 4)"),
    Row("count on", "initial_epoch", "", "trainer.fit(data, epochs: 5, firstEpoch: 6)"),
    Row(
      "rounded products", "mixed_precision, set_global_policy", "autocast, set_float32_matmul_precision",
      "withPrecision(.tensorFloat32) { model(x) }"),
    Row("less memory, more time", "RematScope", "utils.checkpoint", "checkpoint(x) { model($0) }"),
    Row("is the gradient right", "check_grads", "gradcheck", "gradientCheck(at: x) { model($0).sum() }"),
    Row("statistics that are saved", "add_weight", "register_buffer", "Parameter(.zeros, role: .statistic)"),
  ]
}
