# cmake -DFROM=FILE -DTO=HEADER -DNAME=NAME -P embed.cmake: a header with the bytes of a file as a C string called NAME.
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
file(WRITE ${TO} "static const char ${NAME}[] = {\n${bytes}0};\n")
