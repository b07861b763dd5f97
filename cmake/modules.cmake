# Libraries that are opened at run time, on first use: only their headers and the name of the shared object are needed to
# build. What is not there is left out; nothing is linked.

# oc_module(NAME header library package function): adds to OC_MODULES, the definitions of oc_core: OC_HAVE_NAME is 1 or 0,
# OC_SONAME_NAME such as "libwebp.so.7". `package` is Debian's with the header, in which
# a version that is new enough declares `function`.
function(oc_module name header library package function)
  set(have 0)
  if(NOT OCELLUS_MINIMAL)
    find_path(OC_${name}_INCLUDE ${header})
    find_library(OC_${name}_LIBRARY NAMES lib${library}.so)
    mark_as_advanced(OC_${name}_INCLUDE OC_${name}_LIBRARY)
    if(OC_${name}_INCLUDE)
      file(STRINGS ${OC_${name}_INCLUDE}/${header} declared REGEX "${function}")
    endif()
    if(declared AND OC_${name}_LIBRARY)
      file(REAL_PATH ${OC_${name}_LIBRARY} real) # libwebp.so.7.1.5
      string(REGEX MATCH "lib${library}[.]so[.][0-9]+" soname ${real})
    endif()
    if(soname)
      set(have 1)
    else()
      message(STATUS "No lib${library}: built without it (Debian: ${package})")
    endif()
  endif()
  set(OC_HAVE_${name} ${have} PARENT_SCOPE)
  set(OC_MODULES ${OC_MODULES} OC_HAVE_${name}=${have} OC_SONAME_${name}="${soname}" PARENT_SCOPE)
endfunction()

oc_module(WEBP webp/decode.h webp libwebp-dev WebPDecode)
oc_module(GIF gif_lib.h gif libgif-dev DGifOpen)
oc_module(TIFF tiffio.h tiff libtiff-dev TIFFOpenOptionsAlloc)
oc_module(HEIF libheif/heif.h heif libheif-dev heif_context_get_primary_image_handle)
oc_module(CAIRO cairo/cairo.h cairo libcairo2-dev cairo_surface_write_to_png_stream)
