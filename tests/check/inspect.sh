#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin must load without the engine, and therefore quickly. Inspecting it works without LibTorch, nothing is
# blacklisted, and the plugin links neither LibTorch nor OpenCV.
set -eu
plugin=$1
unset VCL_ENGINE_MODULE
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GST_REGISTRY="$folder/registry" GST_PLUGIN_SYSTEM_PATH_1_0=
for element in vcl-vis-segment vcl-overlay vcl-idmap vcl-export vcl-sei-write vcl-sei-read dinofeatures maskcut; do
  gst-inspect-1.0 "$element" >"$folder/$element"
done
# Each element has a name with the prefix vcl-. If it also has a short name, both have the same properties, apart from
# defaults that contain the name.
for element in vis-segment overlay idmap export dinofeatures maskcut; do
  gst-inspect-1.0 | grep -q "^vcl: *vcl-$element:" || { echo "no element vcl-$element"; exit 1; }
done
for element in dinofeatures maskcut; do
  gst-inspect-1.0 "vcl-$element" >"$folder/vcl-$element"
  for name in "$element" "vcl-$element"; do
    sed -n '/^Element Properties/,$p' "$folder/$name" | grep -v 'Default: "vcl' >"$folder/properties-of-$name"
  done
  cmp "$folder/properties-of-$element" "$folder/properties-of-vcl-$element"
done
gst-inspect-1.0 -b | grep -q 'Total count: 0 blacklisted' || { gst-inspect-1.0 -b; exit 1; }
# Searches only names, because an address may contain c10.
if ldd "$plugin" | awk '{print $1}' | grep -E 'torch|c10|opencv'; then
  echo "the plugin links a heavy library"
  exit 1
fi
# The elements have the documented properties and values.
for property in model device threads precision motion mode model-cache window stride interval threshold max-instances min-area max-age overlap attach-roi-meta attach-analytics-meta stats; do
  grep -q "^  $property *:" "$folder/vcl-vis-segment" || { echo "no property $property"; exit 1; }
done
for property in style attach-composition masks contours boxes labels ids scores trails opacity thickness palette; do
  grep -q "^  $property *:" "$folder/vcl-overlay" || { echo "no property $property"; exit 1; }
done
for property in output tracks; do
  grep -q "^  $property *:" "$folder/vcl-idmap" || { echo "no property $property"; exit 1; }
done
for property in json-location ytvis-location masks-location; do
  grep -q "^  $property *:" "$folder/vcl-export" || { echo "no property $property"; exit 1; }
done
for property in model device threads interval facet layer input-width input-height visualize point-x point-y; do
  grep -q "^  $property *:" "$folder/dinofeatures" || { echo "no property $property"; exit 1; }
done
for property in model device threads interval tau max-cuts n automatic crf sign track attach-roi-meta attach-analytics-meta; do
  grep -q "^  $property *:" "$folder/maskcut" || { echo "no property $property"; exit 1; }
done
for value in none pca similarity k q v kqv; do
  grep -q "([0-3]): $value " "$folder/dinofeatures" || { echo "no value $value"; exit 1; }
done
for value in canonical raw opposite; do
  grep -q "([0-2]): $value " "$folder/maskcut" || { echo "no value $value"; exit 1; }
done
for value in ids matte cutout; do
  grep -q "([0-2]): $value " "$folder/vcl-idmap" || { echo "no value $value"; exit 1; }
done
for value in paint blur mosaic cutout never auto always; do
  grep -q "([0-3]): $value " "$folder/vcl-overlay" || { echo "no value $value"; exit 1; }
done
# Inspecting opens none of these libraries. LibTorch alone would take twenty times as long as everything else.
LD_DEBUG=files gst-inspect-1.0 vcl-vis-segment 2>"$folder/opened" >"$folder/again"
grep -q "$(basename "$plugin")" "$folder/opened"
if grep -E 'lib(torch|c10|opencv)' "$folder/opened"; then
  echo "inspecting the plugin opens a heavy library"
  exit 1
fi
