# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes checkpoints with PyTorch and numpy, each with a .safetensors of the tensors that a reader must find.

Usage: core_checkpoint_torch.py FOLDER
Exits with 77 if this Python has no working PyTorch.
"""
import argparse
import collections
import json
import pathlib
import pickle
import struct
import sys

try:
    import torch
except ImportError as error:
    print(error)
    sys.exit(77)
try:
    import numpy
except ImportError:
    numpy = None

TYPES = {torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.int64: 'I64',
         torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8', torch.bool: 'BOOL'}


def tensors_in(value, path=''):
    """Yields (name, tensor) of each tensor in value, with the names that vcl/checkpoint.hpp specifies."""
    if numpy is not None and isinstance(value, numpy.ndarray):
        if value.dtype.kind not in 'fib' and value.dtype != numpy.uint8:
            return
        value = torch.from_numpy(numpy.array(value, dtype=value.dtype.newbyteorder('='), order='C'))
    if isinstance(value, torch.Tensor):
        yield path or 'tensor', value.detach()
    elif isinstance(value, collections.Counter):
        pass
    elif isinstance(value, (dict, list, tuple)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from tensors_in(item, f'{path}.{key}' if path else str(key))


def write_expected(path, value):
    header, data = {}, b''
    for name, tensor in tensors_in(value):
        begin = len(data)
        plain = tensor.clone(memory_format=torch.contiguous_format)
        data += bytes(plain.reshape(-1).view(torch.uint8).tolist()) if plain.numel() else b''
        header[name] = {'dtype': TYPES[tensor.dtype], 'shape': list(tensor.shape), 'data_offsets': [begin, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


def training_state():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    base = torch.arange(24.0).reshape(2, 3, 4)
    state = {
        'student': {'module.backbone.' + key: value for key, value in model.state_dict().items()},
        'teacher': model.state_dict(),
        'optimizer': optimizer.state_dict(),
        'epoch': 7,
        'args': argparse.Namespace(lr=0.1, name='x', path=pathlib.Path('a'), sizes=[1, 2.5, None, True, (1, 2)],
                                   device=torch.device('cpu'), dtype=torch.float16),
        'types': {str(t)[6:]: (torch.arange(-3, 3) % 5).to(t).reshape(2, 3) for t in TYPES},
        'strided': [base.permute(2, 0, 1), base[1], base[:, 1:, ::2], base[0, 0, 0].expand(3, 2), base.new_empty(0, 5)],
        'parameter': torch.nn.Parameter(base),
        'random': torch.get_rng_state(),
        'long': 1 << 70,
        'negative': [-5, -70000, -(1 << 40), 3.5, float('inf')],
        'counter': collections.Counter('aab'),
        'default': collections.defaultdict(list, {'a': [base]}),
        'set': {1, 2},
        'size': base.shape,
    }
    if numpy is not None:
        state['numpy'] = [numpy.arange(6, dtype=numpy.float32).reshape(2, 3), numpy.random.get_state(), numpy.float64(3.5)]
    return state


def numpy_model():
    torch.manual_seed(1)
    model = {key: value.numpy() for key, value in torch.nn.BatchNorm2d(300).state_dict().items()}
    cube = numpy.arange(24, dtype=numpy.float32).reshape(2, 3, 4)
    model.update({'fortran': numpy.asfortranarray(cube), 'turned': cube.T, 'big_endian': cube.astype('>f4'),
                  'scalar': numpy.array(2.0), 'bool': numpy.array([True, False]), 'text': numpy.array(['a', 'bc']),
                  'objects': numpy.array([None, 1], dtype=object), 'empty': numpy.zeros((0, 3), 'f4'),
                  'bytes': numpy.arange(256, dtype=numpy.uint8), 'half': cube.astype('f2')})
    return {'model': model, '__author__': 'someone', 'matching_heuristics': True}


def main():
    folder = pathlib.Path(sys.argv[1])
    values = {'state': training_state(), 'tensor': torch.arange(6).reshape(2, 3)}
    for name, value in values.items():
        for form, is_zip in (('zip', True), ('legacy', False)):
            for protocol in (2, 4):
                path = folder / f'{name}-{form}-{protocol}.pth'
                torch.save(value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
                write_expected(path.with_suffix('.safetensors'), value)
    for protocol in (2, 3, 4, 5) if numpy is not None else ():
        path = folder / f'numpy-{protocol}.pkl'
        path.write_bytes(pickle.dumps(numpy_model(), protocol=protocol))
        write_expected(path.with_suffix('.safetensors'), numpy_model())


main()
