"""A few ONNX nodes run by ONNX Runtime."""
import onnx
import onnxruntime
from onnx import helper


def run_onnx(nodes, feeds, outputs, opset=17):
    """feeds: name -> array. Returns the arrays of `outputs`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    inputs = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
              for name, a in feeds.items()]
    results = [helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None) for name in outputs]
    for value in results:
        value.ClearField("type")
    graph = helper.make_graph(nodes, "case", inputs, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(outputs, feeds)
