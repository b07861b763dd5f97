"""Are the values in tests/unit/layer_cases.def, which test_row_values.c compares with ours, those that layers.py computes?"""
import os
import unittest

import layers

STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "layer_cases.def")


class Layers(unittest.TestCase):
    def test_stored_values(self):
        with open(STORED, encoding="utf-8") as file:
            self.assertEqual(file.read(), "\n".join(layers.rows()) + "\n", "run layers.py again")


if __name__ == "__main__":
    unittest.main()
